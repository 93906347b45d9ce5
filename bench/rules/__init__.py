"""What rules cost a Prometheus, and how far their figures are from the truth; Sloth's and Pyrra's beside."""
