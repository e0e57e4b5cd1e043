"""Safety layer: predicts where actions lead, overrides them where that is unsafe, and tells what it cost."""
