package org.sjd4j.pipeline;

import java.nio.file.Path;
import java.util.List;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.Initialisation;
import org.sjd4j.decode.Sampling;
import org.sjd4j.model.LlamaConfig;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.Precision;

/** What all descriptions of published models share. */
abstract class PublishedDescription implements ModelDescription {
    /** Weights from which on a model is computed in bfloat16 unless something else is asked for. */
    private static final long LARGE = 2_000_000_000L;

    private static final int WINDOW = 32;
    private static final int PROMPT_ROWS = 128;
    private static final int BRANCHES = 2;

    private final Path directory;
    private final String family;

    PublishedDescription(Path directory, String family) {
        this.directory = directory;
        this.family = family;
    }

    @Override
    public final Path directory() {
        return directory;
    }

    @Override
    public final String family() {
        return family;
    }

    @Override
    public Precision defaultPrecision() {
        return parameters() < LARGE ? Precision.FLOAT32 : Precision.BFLOAT16;
    }

    /** {@inheritDoc} Weights that lie in their files need no memory that cannot be given back, but they must fit. */
    @Override
    public long bytesNeeded(Precision precision) {
        long weights = parameters() * (precision == Precision.FLOAT32 ? Float.BYTES : Short.BYTES);
        int rows = layout(sizes().getFirst()).length() + PROMPT_ROWS;
        long cache = 2L * BRANCHES * llama().layers() * llama().keyWidth() * rows * Float.BYTES;
        return MemoryGuard.BASE + weights + cache;
    }

    /** The stack of the language model. */
    abstract LlamaConfig llama();

    @Override
    public PromptNotes notes(String prompt) {
        return new PromptNotes(1, List.of(), 0);
    }

    /** The recommendations of a model that has none in its files. */
    static Defaults defaults(Sampling sampling) {
        return new Defaults(
                Decoders.SJD_EXACT,
                DecoderSettings.DEFAULT.withWindow(WINDOW).withInitialisation(Initialisation.ABOVE),
                sampling);
    }

    @Override
    public abstract PublishedModel load(ComputeDevice device, Precision precision);
}
