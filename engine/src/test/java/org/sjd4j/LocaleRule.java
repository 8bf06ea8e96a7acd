package org.sjd4j;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaMethodReference;
import com.tngtech.archunit.lang.ArchRule;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Scanner;
import java.util.Set;

/**
 * What depends on the user's locale and escapes the compiler's checks, {@code DefaultLocale} and {@code StringCaseLocaleUsage}
 * of Error Prone: these see calls, but neither method references nor what is printed to {@code System.out}.
 */
public final class LocaleRule {
    private static final Set<String> OF_TEXT = Set.of("toLowerCase", "toUpperCase", "format", "formatted");
    private static final Set<String> OF_STREAMS = Set.of("printf", "format");

    /** Nothing in files, names and output depends on the user's locale. */
    public static final ArchRule RULE = noClasses()
            .should()
            .accessTargetWhere(describe("depends on the user's locale", LocaleRule::dependsOnTheLocale))
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(Scanner.class)
            .because("files, names and output are the same for every user; use Locale.ROOT, or %s for whole numbers");

    private LocaleRule() {}

    private static boolean dependsOnTheLocale(JavaAccess<?> access) {
        if (!(access.getTarget() instanceof AccessTarget.CodeUnitAccessTarget target)
                || target.getRawParameterTypes().stream().anyMatch(type -> type.isEquivalentTo(Locale.class))) {
            return false;
        }
        var owner = target.getOwner();
        if (owner.isEquivalentTo(String.class)) {
            return access instanceof JavaMethodReference && OF_TEXT.contains(target.getName());
        }
        return owner.isAssignableTo(PrintStream.class) && OF_STREAMS.contains(target.getName())
                || owner.isEquivalentTo(Locale.class) && target.getName().equals("getDefault");
    }
}
