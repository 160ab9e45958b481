"""From facts to findings to a verdict: collectors ask, checks state, the judge weighs, changes are what leaves differently."""
