"""From a folder of exports to a first pack: what `init` and `register` write, and what they ask."""
