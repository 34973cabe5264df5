// Prints the logits of a GGUF model for tokens 1, 2, 3, … (each (7 i + 3) mod vocabulary), a line a
// position, computed by llama.cpp: the independent implementation that decoders are compared with.
// Built and run as README.md says.
#include <stdio.h>
#include <stdlib.h>
#include "llama.h"

int main(int argc, char ** argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: logits MODEL.gguf COUNT\n");
        return 2;
    }
    int count = atoi(argv[2]);
    llama_backend_init();
    struct llama_model_params model_params = llama_model_default_params();
    model_params.load_mode = LLAMA_LOAD_MODE_NONE;
    struct llama_model * model = llama_model_load_from_file(argv[1], model_params);
    if (!model) {
        return 1;
    }
    struct llama_context_params params = llama_context_default_params();
    params.n_ctx = 256;
    params.n_batch = 256;
    params.n_ubatch = 256;
    params.n_threads = 1;
    params.n_threads_batch = 1;
    params.type_k = GGML_TYPE_F32;
    params.type_v = GGML_TYPE_F32;
    params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
    struct llama_context * context = llama_init_from_model(model, params);
    if (!context) {
        return 1;
    }
    int vocabulary = llama_vocab_n_tokens(llama_model_get_vocab(model));
    struct llama_batch batch = llama_batch_init(count, 0, 1);
    for (int i = 0; i < count; i++) {
        batch.token[i] = (7 * i + 3) % vocabulary;
        batch.pos[i] = i;
        batch.n_seq_id[i] = 1;
        batch.seq_id[i][0] = 0;
        batch.logits[i] = 1;
    }
    batch.n_tokens = count;
    if (llama_decode(context, batch)) {
        return 1;
    }
    for (int i = 0; i < count; i++) {
        float * logits = llama_get_logits_ith(context, i);
        for (int k = 0; k < vocabulary; k++) {
            printf(k ? " %.6g" : "%.6g", logits[k]);
        }
        printf("\n");
    }
    return 0;
}
