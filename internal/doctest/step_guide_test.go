package doctest

const stepGuide = "docs/guides/migrate-step-by-step.md"
