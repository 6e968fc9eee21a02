"""What the bot refuses to do, and every sentence that it says, as data."""
