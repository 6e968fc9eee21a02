"""English as it is typed and spoken: tokens, spelling, likeness of words, names."""
