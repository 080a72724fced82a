"""Agent Skills: folders of instructions that an agent reads when it needs them. Nothing in them runs by being there."""
