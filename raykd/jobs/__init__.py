"""What each verb does, and what all verbs share: arguments, the experiment and its plan, Ray, exit status."""
