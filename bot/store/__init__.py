"""Settings, deliveries, votes and what arrived: one schema on SQLite and on PostgreSQL."""
