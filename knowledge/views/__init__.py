"""The pages of the knowledge: leafing through it, reviewing what changed, publishing."""
