SELECT audit.replace_model($1)
