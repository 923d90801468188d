SELECT rows, key, what FROM audit.model_differences($1)
