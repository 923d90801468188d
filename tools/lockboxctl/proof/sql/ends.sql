SELECT topic, "partition", base + size FROM log
