package dev.backplane.engine.model;

import dev.backplane.tensor.kernel.FloatArray;

/// A decoder whose products are told which adapter each row of a step has.
record AdaptedDecoder(Decoder decoder, Products products) implements Decoder {
    @Override
    public Hyperparameters sizes() {
        return decoder.sizes();
    }

    @Override
    public int vocabulary() {
        return decoder.vocabulary();
    }

    @Override
    public void run(Step step, FloatArray logits) {
        products.begin(step);
        decoder.run(step, logits);
    }

    @Override
    public boolean isRecurrent() {
        return decoder.isRecurrent();
    }

    @Override
    public boolean isWhole() {
        return decoder.isWhole();
    }

    @Override
    public void freed(int block) {
        decoder.freed(block);
    }
}
