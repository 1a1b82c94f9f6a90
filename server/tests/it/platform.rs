//! The program around the doors: bounds, headers, health, configuration, shutdown.
