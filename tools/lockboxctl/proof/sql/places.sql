SELECT topic, "partition" FROM log
