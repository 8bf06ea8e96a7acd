package org.sjd4j.bundled;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelCatalogueTest {
    @TempDir
    private Path folder;

    private Path checkpoint(String name) throws IOException {
        Path directory = Files.createDirectories(folder.resolve(name));
        Files.writeString(directory.resolve("config.json"), "{}");
        return directory;
    }

    @Test
    void directoriesWithAConfigurationHaveTheirNames() throws IOException {
        checkpoint("b");
        checkpoint("a");
        Files.createDirectories(folder.resolve("no-model"));
        assertThat(new ModelCatalogue(folder).entries())
                .map(ModelCatalogue.Entry::name)
                .filteredOn(name -> !name.equals(BundledModel.NAME))
                .containsExactly("a", "b");
    }

    @Test
    void aNameOrADirectoryFindsAModel() throws IOException {
        Path directory = checkpoint("a");
        var catalogue = new ModelCatalogue(folder);
        assertThat(catalogue.find("a")).isEqualTo(new ModelCatalogue.Entry("a", directory));
        assertThat(catalogue.find(directory.toString()).directory()).isEqualTo(directory);
    }

    @ParameterizedTest
    @ValueSource(strings = {"unknown", "", " ", "\0", "../nowhere"})
    void whatIsNeitherIsRefused(String name) throws IOException {
        checkpoint("my-model");
        assertThatExceptionOfType(ModelNotFoundException.class)
                .isThrownBy(() -> new ModelCatalogue(folder).find(name))
                .withMessageContaining("my-model");
    }

    @Test
    void aMissingFolderIsEmpty() {
        assertThat(new ModelCatalogue(folder.resolve("missing")).entries())
                .filteredOn(entry -> !entry.name().equals(BundledModel.NAME))
                .isEmpty();
    }
}
