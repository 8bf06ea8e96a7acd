package org.sjd4j;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The walls between the rooms, as DESIGN.md draws them. */
class WallsTest {
    private static final JavaClasses ENGINE = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("org.sjd4j");

    /** Guards against an importer that cannot read the class files and so finds nothing wrong. */
    @Test
    void allRoomsAreSeen() {
        for (String room : new String[] {"decode", "image", "model", "vision", "prompt", "tensor", "pipeline"}) {
            assertThat(ENGINE.containPackage("org.sjd4j." + room)).as(room).isTrue();
        }
        assertThat(ENGINE.get("org.sjd4j.decode.Decoding").getMethods()).isNotEmpty();
    }

    @Test
    void decodeIsPureJavaAndKnowsNothingElseOfTheEngine() {
        classes()
                .that()
                .resideInAPackage("org.sjd4j.decode..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("org.sjd4j.decode..", "java.lang..", "java.util..", "org.jspecify..")
                .check(ENGINE);
    }

    @Test
    void theDoorForImageFilesNeedsNothingButTheJdk() {
        classes()
                .that()
                .resideInAPackage("org.sjd4j.image..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("org.sjd4j.image..", "java..", "javax.imageio..", "org.w3c.dom..", "org.jspecify..")
                .check(ENGINE);
    }

    @Test
    void decodeReadsNoClock() {
        noClasses()
                .that()
                .resideInAPackage("org.sjd4j.decode..")
                .should()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .check(ENGINE);
    }

    @Test
    void onlyModelsImageTokenizersAndTheSeamSpeakLibTorch() {
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        "org.sjd4j.model..",
                        "org.sjd4j.vision..",
                        "org.sjd4j.tensor..",
                        "org.sjd4j.parity..",
                        "org.sjd4j.pipeline..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.bytedeco..")
                .check(ENGINE);
    }

    /** The front door loads families, whose parts are LibTorch's, but what it offers is not. */
    @Test
    void whatTheFrontDoorOffersIsFreeOfLibTorch() {
        noClasses()
                .that()
                .resideInAPackage("org.sjd4j.pipeline..")
                .and()
                .arePublic()
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.bytedeco..")
                .check(ENGINE);
    }

    @Test
    void theFrontDoorIsOnTop() {
        noClasses()
                .that()
                .resideOutsideOfPackage("org.sjd4j.pipeline..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.sjd4j.pipeline..")
                .check(ENGINE);
    }

    @Test
    void nothingInTheEnginePrintsOrExits() {
        noClasses()
                .should()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err")
                .orShould()
                .callMethod(System.class, "exit", int.class)
                .check(ENGINE);
    }

    @Test
    void noRoomsDependOnEachOtherInACircle() {
        slices().matching("org.sjd4j.(*)..").should().beFreeOfCycles().check(ENGINE);
    }
}
