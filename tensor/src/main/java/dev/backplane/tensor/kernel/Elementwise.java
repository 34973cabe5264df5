package dev.backplane.tensor.kernel;

/// What a decoder does between its products: norms, activations, softmax, rotations. Arrays are
/// given with the index at which the `count` numbers begin; `out` may be an input. No range is
/// checked but against the arrays. Implementations hold no state and allocate nothing.
public interface Elementwise {
    /// Columns of [#columnProducts].
    int COLUMNS = 16;

    /// Rows, or sets of weights, that are taken at once.
    int TOGETHER = 4;

    /// `out += x`
    void add(FloatArray out, int outAt, FloatArray x, int at, int count);

    /// `out += factor · x`
    void addScaled(FloatArray out, int outAt, FloatArray x, int at, float factor, int count);

    /// `x *= factor`
    void scale(FloatArray x, int at, float factor, int count);

    /// `Σ a · b`
    float dot(FloatArray a, int aAt, FloatArray b, int bAt, int count);

    /// `out = x / √(mean(x²) + epsilon) · weight` (Zhang and Sennrich, arXiv 1910.07467).
    void rmsNorm(
            FloatArray x,
            int at,
            FloatArray weight,
            float epsilon,
            FloatArray out,
            int outAt,
            int count);

    /// `out = (x − mean) / √(variance + epsilon) · weight`; a bias is for the caller to add.
    void layerNorm(
            FloatArray x,
            int at,
            FloatArray weight,
            float epsilon,
            FloatArray out,
            int outAt,
            int count);

    /// `x = e^(x − max) / Σ e^(x − max)`; −∞ becomes 0, unless all are.
    void softmax(FloatArray x, int at, int count);

    /// A softmax in pieces, one after the other (Milakov and Gimelshein, arXiv 1805.02867): `x =
    /// e^(x − max)`, where `max` is the largest of this piece and those before. `state[stateAt]` is
    /// the largest so far, −∞ at first, and after it stands the sum of all powers.
    ///
    /// @return what powers of earlier pieces are to be multiplied by
    float softmaxPiece(FloatArray x, int at, int count, FloatArray state, int stateAt);

    /// `out = gate · sigmoid(gate) · up`
    void siluMultiply(
            FloatArray gate,
            int gateAt,
            FloatArray up,
            int upAt,
            FloatArray out,
            int outAt,
            int count);

    /// `out = gelu(gate) · up`, gelu by its tanh form: `g / 2 · (1 + tanh(√(2/π) · (g + 0.044715
    /// g³)))` (Hendrycks and Gimpel, arXiv 1606.08415).
    void geluMultiply(
            FloatArray gate,
            int gateAt,
            FloatArray up,
            int upAt,
            FloatArray out,
            int outAt,
            int count);

    /// `x = cap · tanh(x / cap)`
    void softCap(FloatArray x, int at, float cap, int count);

    /// Turns number `i` of the first half with number `i` of the second by the angle `i`, whose
    /// cosine and sine are given: the form of GPT-NeoX and of Hugging Face's models.
    ///
    /// @param count of both halves together, even
    void rotateHalves(
            FloatArray x, int at, FloatArray cosine, FloatArray sine, int angleAt, int count);

    /// Turns numbers 2i and 2i + 1 by the angle `i`: the form of Llama's GGUF files (Su et al.,
    /// arXiv 2104.09864).
    ///
    /// @param count even
    void rotatePairs(
            FloatArray x, int at, FloatArray cosine, FloatArray sine, int angleAt, int count);

    /// Products of one row with [#COLUMNS] columns that lie beside each other, as a block of keys
    /// does: `out[c] = factor · Σ x[i] · columns[16 i + c]`.
    void columnProducts(
            FloatArray x,
            int at,
            FloatArray columns,
            int columnsAt,
            int depth,
            float factor,
            FloatArray out,
            int outAt);

    /// Adds rows by their weights, as values are by what attention gives them: `out += Σ weights[i]
    /// · rows[i]` over `count` rows of `width`, in this order.
    void addRows(
            FloatArray weights,
            int at,
            int count,
            FloatArray rows,
            int rowsAt,
            FloatArray out,
            int outAt,
            int width);

    /// [#columnProducts] of `count` rows with the same columns, of one block or of several that lie
    /// after each other: rows begin `stride` numbers apart, results `outStride`. The same to the
    /// bit as one after the other.
    ///
    /// @param count up to [#TOGETHER]
    default void columnProducts(
            FloatArray x,
            int at,
            int stride,
            int count,
            FloatArray columns,
            int columnsAt,
            int blocks,
            int depth,
            float factor,
            FloatArray out,
            int outAt,
            int outStride) {
        for (int i = 0; i < count; i++) {
            for (int block = 0; block < blocks; block++) {
                int from = columnsAt + block * COLUMNS * depth;
                int to = outAt + i * outStride + block * COLUMNS;
                columnProducts(x, at + i * stride, columns, from, depth, factor, out, to);
            }
        }
    }

    /// [#addRows] of the same rows by `sets` sets of weights, each to its own `out`; weights begin
    /// `stride` numbers apart, results `outStride`. The same to the bit as one after the other.
    ///
    /// @param sets up to [#TOGETHER]
    default void addRows(
            FloatArray weights,
            int at,
            int stride,
            int sets,
            int count,
            FloatArray rows,
            int rowsAt,
            FloatArray out,
            int outAt,
            int outStride,
            int width) {
        for (int i = 0; i < sets; i++) {
            int to = outAt + i * outStride;
            addRows(weights, at + i * stride, count, rows, rowsAt, out, to, width);
        }
    }
}
