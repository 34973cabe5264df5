package dev.backplane.text.template;

/// Where something stands in a template, both counted from 1.
record Position(int line, int column) {
    @Override
    public String toString() {
        return "line %d, column %d".formatted(line, column);
    }
}
