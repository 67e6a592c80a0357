// The look: contrast of the tokens, sizes from the font, icons, the words for figures.

#include <ui/common/fade.h>
#include <ui/common/icons.h>
#include <ui/common/marks.h>
#include <ui/common/metrics.h>
#include <ui/common/text.h>
#include <ui/common/theme.h>

#include <QApplication>
#include <QDate>
#include <QImage>
#include <QPainter>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

#include <resources/resources.h>

using namespace grove;
using namespace grove::ui;

class tst_Theme : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        initResources();
        QLocale::setDefault(QLocale::c());
        Theme::install(*qApp, ThemeMode::Light);
    }

    void textIsReadableOnEveryGround_data() {
        QTest::addColumn<int>("scheme");
        QTest::addColumn<int>("text");
        QTest::addColumn<int>("ground");
        QTest::addColumn<double>("least");
        const auto row = [](Scheme scheme, Token text, Token ground, double least) {
            QTest::addRow("%s %s on %s", scheme == Scheme::Dark ? "dark" : "light", tokenName(text),
                          tokenName(ground))
                << int(scheme) << int(text) << int(ground) << least;
        };
        for (const Scheme scheme : {Scheme::Light, Scheme::Dark}) {
            for (const Token ground : {Token::Background, Token::Surface, Token::Raised,
                                       Token::Hover, Token::Selection}) {
                for (const Token text : {Token::Text, Token::Muted, Token::Accent, Token::Danger,
                                         Token::Warning, Token::Info})
                    row(scheme, text, ground, 4.5);
                row(scheme, Token::Control, ground, 3.0);
            }
            for (const Token wash :
                 {Token::SuccessWash, Token::DangerWash, Token::WarningWash, Token::InfoWash}) {
                row(scheme, Token::Text, wash, 4.5);
                row(scheme, Token::Muted, wash, 4.5);
                row(scheme, Token::Accent, wash, 4.5);
            }
            row(scheme, Token::Danger, Token::DangerWash, 4.5);
            row(scheme, Token::Danger, Token::SuccessWash, 4.5);
            row(scheme, Token::Warning, Token::WarningWash, 4.5);
            row(scheme, Token::Info, Token::InfoWash, 4.5);
            row(scheme, Token::OnAccent, Token::Accent, 4.5);
            row(scheme, Token::OnDanger, Token::Danger, 4.5);
        }
    }

    void textIsReadableOnEveryGround() {
        QFETCH(int, scheme);
        QFETCH(int, text);
        QFETCH(int, ground);
        QFETCH(double, least);
        const TokenTable& table = tokenTable(Scheme(scheme));
        const double ratio = contrastRatio(table[std::size_t(text)], table[std::size_t(ground)]);
        QVERIFY2(ratio >= least, qPrintable(QString::number(ratio)));
    }

    void contrastIsThatOfTheWebGuidelines() {
        QCOMPARE(contrastRatio(0xff000000, 0xffffffff), 21.0);
        QCOMPARE(contrastRatio(0xff777777, 0xff777777), 1.0);
        QVERIFY(qAbs(contrastRatio(0xff767676, 0xffffffff) - 4.54) < 0.01);
    }

    void placeholdersAreAsReadableAsSecondaryText() {
        QCOMPARE(qApp->palette().color(QPalette::PlaceholderText), color(Token::Muted));
        QCOMPARE(qApp->palette().color(QPalette::PlaceholderText).alpha(), 255);
        QCOMPARE(qApp->palette().color(QPalette::Inactive, QPalette::Highlight),
                 color(Token::Accent));
        QCOMPARE(qApp->palette().color(QPalette::Disabled, QPalette::Text), color(Token::Disabled));
    }

    void changingTheModeChangesPaletteAndIcons() {
        QSignalSpy changed(&Theme::instance(), &Theme::changed);
        const QImage light = icon("list").pixmap(16, 16).toImage();
        Theme::instance().setMode(ThemeMode::Dark);
        QCOMPARE(changed.count(), 1);
        QVERIFY(Theme::instance().isDark());
        QCOMPARE(qApp->palette().color(QPalette::Window), QColor(0x16, 0x18, 0x1b));
        QVERIFY(icon("list").pixmap(16, 16).toImage() != light);
        Theme::instance().setMode(ThemeMode::Light);
        QCOMPARE(icon("list").pixmap(16, 16).toImage(), light);
    }

    void everyIconDrawsInItsColour() {
        const QStringList names = iconNames();
        QVERIFY(names.size() >= 30);
        for (const QString& name : names) {
            const QImage image = icon(name.toLatin1().constData(), Token::Danger)
                                     .pixmap(32, 32)
                                     .toImage()
                                     .convertToFormat(QImage::Format_ARGB32);
            int inked = 0;
            for (int y = 0; y < image.height(); ++y)
                for (int x = 0; x < image.width(); ++x)
                    if (qAlpha(image.pixel(x, y)) == 255) {
                        ++inked;
                        QCOMPARE(image.pixelColor(x, y), color(Token::Danger));
                    }
            QVERIFY2(inked > 4, qPrintable(name));
        }
    }

    void heightsFollowTheFont() {
        const QFont before = qApp->font();
        QCOMPARE(metrics().field, metrics().row);
        QFont large = before;
        large.setPointSizeF(20);
        updateMetrics(large);
        QVERIFY(metrics().row > 36);
        QCOMPARE(metrics().entryRow, metrics().row + 4);
        QVERIFY(metrics().colPid > 200);
        updateMetrics(before);
        QVERIFY(metrics().row >= 28);
    }

    void smallDesktopFontsBecomeReadable() {
        QFont small;
        small.setPointSizeF(7);
        QCOMPARE(applicationFontFrom(small).pointSizeF(), 10.5);
        small.setPointSizeF(12);
        QCOMPARE(applicationFontFrom(small).pointSizeF(), 12.0);
    }

    void marksDifferInShapeNotOnlyInColour() {
        QList<QImage> seen;
        for (int mark = int(StatusMark::Waiting); mark <= int(StatusMark::ApplicationStopped);
             ++mark) {
            QImage image(28, 28, QImage::Format_ARGB32_Premultiplied);
            image.fill(Qt::white);
            QPainter painter(&image);
            paintMark(painter, QRectF(0, 0, 28, 28), StatusMark(mark), Qt::black);
            painter.end();
            QVERIFY2(!seen.contains(image), qPrintable(markWord(StatusMark(mark))));
            QVERIFY(!markWord(StatusMark(mark)).isEmpty());
            seen.append(image);
        }
    }

    void aGaugeOfManyIsABar() {
        QCOMPARE(gaugeWidth({1, 3, 5}), 42.0);
        QVERIFY(gaugeWidth({1, 100, 5}) < 15.0 * 100 / 4); // cells would need 15 each
        QCOMPARE(budgetWords({2, 3, 5}), QStringLiteral("2 of 3 restarts in 5 s used"));
    }

    void figuresReadAsAPersonWritesThem() {
        QCOMPARE(number(9981), QStringLiteral("9981"));
        QCOMPARE(duration(1'400'000), QStringLiteral("1.4 ms"));
        QCOMPARE(duration(243'000'000'000), QStringLiteral("4 min 3 s"));
        QCOMPARE(perSecond(36.4), QStringLiteral("+36/s"));
        QCOMPARE(perSecond(0.2), QString());
        QCOMPARE(counted(1, QStringLiteral("%1 process"), QStringLiteral("%1 processes")),
                 QStringLiteral("1 process"));
        const QDate today(2026, 11, 21);
        QCOMPARE(longDay(today, today), QStringLiteral("Sat 21 November"));
        QCOMPARE(longDay(QDate(2027, 1, 2), today), QStringLiteral("Sat 2 January 2027"));
    }

    void aWashEndsByItselfAndStopsItsTimer() {
        FadeDriver driver;
        QSignalSpy stepped(&driver, &FadeDriver::stepped);
        driver.start(7, Wash::Died);
        QVERIFY(driver.colorOf(7).has_value());
        QVERIFY(!driver.colorOf(8).has_value());
        QTRY_VERIFY(!driver.isRunning());
        QVERIFY(!driver.colorOf(7).has_value());
        QVERIFY(stepped.constLast().constFirst().value<QList<quint64>>().contains(7));
    }

    void withLittleMotionTheWashStands() {
        Theme::instance().setReducedMotion(true);
        FadeDriver driver;
        QSignalSpy stepped(&driver, &FadeDriver::stepped);
        driver.start(1, Wash::Started);
        QCOMPARE(driver.colorOf(1).value(), color(Token::SuccessWash));
        QTRY_VERIFY(!driver.isRunning());
        QVERIFY(stepped.count() <= 3);
        Theme::instance().setReducedMotion(false);
    }

    void wordsReadInTheirOwnDirectionRightToLeft() {
        const auto painted = [](Qt::Alignment edge, Qt::LayoutDirection direction) {
            QImage image(300, 30, QImage::Format_ARGB32);
            image.fill(Qt::white);
            QPainter painter(&image);
            painter.setLayoutDirection(direction);
            drawWords(painter, image.rect(), edge, QStringLiteral("#PID<0.46.0>"), direction);
            return image;
        };
        // The leading edge is the right one then, and the pid is what it is.
        QVERIFY(painted(Qt::AlignLeft, Qt::RightToLeft) ==
                painted(Qt::AlignRight, Qt::LeftToRight));
        QVERIFY(painted(Qt::AlignLeft, Qt::RightToLeft) != painted(Qt::AlignLeft, Qt::LeftToRight));
    }
};

QTEST_MAIN(tst_Theme)
#include "tst_theme.moc"
