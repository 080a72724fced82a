"""What-if: a run that goes on from an event of another, with what was recorded wherever nothing before it changed."""
