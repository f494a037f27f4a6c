//! The application layer: settings, stores, runs, evaluations and views, for any front end.
