"""Commands that people type and no rule runs; ``teachtext <verb-noun>`` finds them."""
