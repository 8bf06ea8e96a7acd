package org.sjd4j.spark;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.awt.Toolkit;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.swing.ImageIcon;
import org.junit.jupiter.api.Test;

/** Image files are decoded in one package. This module sees all others, so the rule stands here. */
class ImageDoorTest {
    private static final String DOOR = "org.sjd4j.image";
    private static final JavaClasses ALL = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("-tests.jar")) // the tests that modules share
            .importPackages("org.sjd4j");

    @Test
    void nothingElseDecodesImageFiles() {
        noClasses()
                .that()
                .resideOutsideOfPackage(DOOR)
                .should()
                .callMethodWhere(describe("decode an image file", ImageDoorTest::decodes))
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(ImageIcon.class)
                .check(ALL);
    }

    /** Guards against a rule that sees nothing. */
    @Test
    void everyModuleAndTheDoorAreSeen() {
        for (String room : new String[] {
            "image", "bundled", "metrics", "training", "evaluation", "options", "server", "parity", "cli", "spark"
        }) {
            assertThat(ALL.containPackage("org.sjd4j." + room)).as(room).isTrue();
        }
        assertThat(ALL.stream()
                        .filter(type -> type.getMethodCallsFromSelf().stream().anyMatch(ImageDoorTest::decodes))
                        .map(JavaClass::getPackageName))
                .isNotEmpty()
                .containsOnly(DOOR);
    }

    private static boolean decodes(JavaMethodCall call) {
        var owner = call.getTargetOwner();
        String name = call.getName();
        return owner.isAssignableTo(ImageIO.class) && name.equals("read")
                || owner.isAssignableTo(ImageReader.class) && name.startsWith("read")
                || owner.isAssignableTo(Toolkit.class) && name.endsWith("Image");
    }
}
