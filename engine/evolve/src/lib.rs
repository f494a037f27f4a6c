//! Evolution of self-modifying agents: population, selection, gates, generations, runs.
