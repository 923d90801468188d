COPY tile (topic, "partition", level, index, hashes) FROM STDIN (FORMAT binary)
