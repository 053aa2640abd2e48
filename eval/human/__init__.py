"""Statistics of what people judge: preferences between rankings, and how far judges agree."""
