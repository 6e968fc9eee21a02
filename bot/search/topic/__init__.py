"""What is said on a topic, and where."""

from bot.search.topic.topics import TopicFound, find_topic, near_topics, topic_names

__all__ = ["TopicFound", "find_topic", "near_topics", "topic_names"]
