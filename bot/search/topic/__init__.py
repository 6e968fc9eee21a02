"""What is said on a topic, and where."""

from bot.search.topic.names import Reading, topic_names
from bot.search.topic.summary import Part, summarise
from bot.search.topic.topics import Choice, InEpisode, Stretch, TopicFound, find_topic, near_topics, warm

__all__ = [
    "Choice",
    "InEpisode",
    "Part",
    "Reading",
    "Stretch",
    "TopicFound",
    "find_topic",
    "near_topics",
    "summarise",
    "topic_names",
    "warm",
]
