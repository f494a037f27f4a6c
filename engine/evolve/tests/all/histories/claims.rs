//! Notes that claim scores: `{}` is the score of the record, or another one. The first part of each was seen while the policy was made, the
//! second was written afterwards.

pub(crate) const CLAIMS: [&[&str]; 2] = [
    &[
        "val score {}",
        "This version scores {} on training data.",
        "Accuracy: {}",
        "reaches {} now",
        "the score went up to {} after the change",
        "score = {} (measured twice)",
        "We got {} accuracy with the new rule",
        "achieved {} on validation",
        "fitness {}",
        "result: {} on held-out rows",
    ],
    &[
        "With this I see {} of the training rows correct",
        "Training accuracy is now {}, which is good",
        "my best result so far is {}",
        "it scored {} in the last generation",
        "performance: {}",
        "Its held-out score of {} is the best of all",
        "validation says {}",
        "the new rule brings a score of {}",
        "points reached: {}",
        "mean reward {} over the train split",
        "Scores {} there.",
        "gives {} correct answers",
    ],
];

pub(crate) const MATTER: [&[&str]; 2] = [
    &[
        "a step of {} works best",
        "the threshold was moved to {}",
        "takes {} seconds for the longest case",
        "the window has 12 items",
        "bins below {} are closed",
        "version 3 of the rule",
    ],
    &[
        "a temperature of {} keeps answers short",
        "weights are scaled by {}",
        "the middle third is skipped",
        "40 restarts are enough",
        "ratio {} between both sides",
        "pads every row to 16 columns",
    ],
];
