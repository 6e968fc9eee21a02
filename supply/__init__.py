"""What is installed beside the bot: a bill of it, and an audit against a given database of weaknesses; both offline."""
