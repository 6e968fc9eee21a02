"""What makes a good daily highlight, and which one is next."""
