"""What is said on a topic, and where."""

from bot.search.topic.names import Reading, topic_names
from bot.search.topic.topics import InEpisode, TopicFound, find_topic, near_topics, warm

__all__ = ["InEpisode", "Reading", "TopicFound", "find_topic", "near_topics", "topic_names", "warm"]
