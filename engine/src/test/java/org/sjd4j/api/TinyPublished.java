package org.sjd4j.api;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.sjd4j.checkpoint.Fixtures;
import org.sjd4j.checkpoint.TensorFiles;
import org.sjd4j.tensor.Tensors;
import tools.jackson.databind.json.JsonMapper;

/** A tiny model of each published family with all the parts that it needs to generate, put together from the fixtures. */
public enum TinyPublished {
    /** With Emu3-VisionTokenizer. */
    EMU3(
            "tiny-emu3-gen",
            "<|image start|>",
            "model.safetensors",
            "emu3.tiktoken",
            "emu3_vision_tokens.txt",
            "image_tokenizer/model.safetensors",
            "image_tokenizer/config.json") {
        @Override
        void complete(Path model) {
            copy("tiny-emu3-visiontokenizer", model.resolve("image_tokenizer"));
        }
    },

    /** With Meta's VQGAN. */
    LUMINA(
            "tiny-lumina-mgpt",
            "<racm3:break>",
            "model-00002-of-00002.safetensors",
            "model.safetensors.index.json",
            "tokenizer.json") {
        @Override
        void complete(Path model) {
            copy("tiny-chameleon-vqgan", model.resolve("image_tokenizer"));
        }
    },

    /** With a text tokenizer of a few words, for the fixture has none. */
    JANUS("tiny-janus-pro", "<begin_of_image>", "model.safetensors", "tokenizer.json") {
        @Override
        void complete(Path model) throws IOException {
            var vocabulary = new LinkedHashMap<String, Integer>();
            List.of("[UNK]", "red", "blue", "<｜begin▁of▁sentence｜>", "box", "<begin_of_image>", "disc", "<｜▁pad▁｜>")
                    .forEach(word -> vocabulary.put(word, vocabulary.size()));
            var json = Map.of(
                    "version",
                    "1.0",
                    "pre_tokenizer",
                    Map.of("type", "Whitespace"),
                    "model",
                    Map.of("type", "WordLevel", "unk_token", "[UNK]", "vocab", vocabulary));
            Files.writeString(model.resolve("tokenizer.json"), new JsonMapper().writeValueAsString(json));
        }
    },

    /** With the tiny T5 encoder, and the image tokenizer of the tiny Janus, which is the same network. */
    LLAMAGEN(
            "tiny-llamagen-t2i",
            null,
            "vq_ds16_t2i.safetensors",
            "t5/model.safetensors",
            "t5/spiece.model",
            "t5/config.json") {
        private static final String VISION = "gen_vision_model.";

        @Override
        void complete(Path model) {
            copy("tiny-t5-encoder", model.resolve("t5"));
            Path file = model.resolve("vq_ds16_t2i.safetensors");
            Tensors.inference(() -> {
                var tensors = new LinkedHashMap<String, Tensor>();
                TensorFiles.read(Fixtures.folder().resolve("tiny-janus-pro")).forEach((name, tensor) -> {
                    if (name.startsWith(VISION)) {
                        tensors.put(name.substring(VISION.length()), tensor);
                    }
                });
                TensorFiles.write(file, tensors, Map.of());
            });
        }
    };

    private final String fixture;
    private final @Nullable String imageToken;
    private final List<String> parts;

    /**
     * A family.
     *
     * @param fixture directory of the language model
     * @param imageToken how the token is spelt that opens an image, if prompts are of the vocabulary of the model
     * @param parts files of the complete model without which it is not a model
     */
    TinyPublished(String fixture, @Nullable String imageToken, String... parts) {
        this.fixture = fixture;
        this.imageToken = imageToken;
        this.parts = List.of(parts);
    }

    /** How the token is spelt that opens an image, if a prompt could contain it. */
    Optional<String> imageToken() {
        return Optional.ofNullable(imageToken);
    }

    /** Files without which the model is none. */
    List<String> parts() {
        return parts;
    }

    abstract void complete(Path model) throws IOException;

    /** Writes the model into {@code directory}, which is made if need be, and returns it. */
    public Path write(Path directory) {
        try {
            copy(fixture, directory);
            complete(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return directory;
    }

    private static void copy(String fixture, Path target) {
        try (Stream<Path> files = Files.list(Fixtures.folder().resolve(fixture))) {
            Files.createDirectories(target);
            for (Path file : files.toList()) {
                if (!file.getFileName().toString().startsWith("golden")) {
                    Files.copy(file, target.resolve(file.getFileName()));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
