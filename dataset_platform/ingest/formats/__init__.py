"""From the bytes of a file to its records, one reader a format; packing and encodings."""
