package dev.backplane.local.provider;

import dev.backplane.gateway.parse.ReplyFormat;

/// What a model is given, and how what it writes is to be read.
///
/// @param thinking whether the answer begins inside a thought
record Prompt(int[] tokens, ReplyFormat format, boolean thinking) {}
