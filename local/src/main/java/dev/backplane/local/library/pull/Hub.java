package dev.backplane.local.library.pull;

import dev.backplane.local.library.ModelName;

/// A place that has models.
interface Hub {
    /// @throws dev.backplane.core.Problem when it does not have this one, or not for us
    Plan plan(ModelName name);
}
