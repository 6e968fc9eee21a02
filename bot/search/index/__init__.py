"""What is searched: words, phrases, vectors, and the models that make them."""
