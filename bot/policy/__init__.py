"""What the bot does not do, and in which words it says so."""
