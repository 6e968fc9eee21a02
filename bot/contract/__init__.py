"""What crosses the boundaries: requests and replies, the grammar, buttons, posts, platforms, when a post is due."""
