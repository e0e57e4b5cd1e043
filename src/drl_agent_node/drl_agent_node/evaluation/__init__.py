"""How well a policy drives: suites of cases, scores, confidence intervals, reports and comparisons."""
