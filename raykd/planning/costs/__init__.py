"""What an experiment would cost and has cost, stage by stage: text, tokens, operations, hours, storage, money."""
