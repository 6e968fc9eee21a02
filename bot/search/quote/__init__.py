"""Finding the line somebody half remembers."""
