"""What is said on a topic, and where."""
