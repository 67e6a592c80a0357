#pragma once

#include <QColor>
#include <QObject>
#include <QPalette>

#include <array>
#include <cstdint>

class QApplication;

namespace grove::ui {

/// The colours of the program by use. Every drawing names a token, never a colour.
enum class Token : std::uint8_t {
    Background,
    Surface,
    Raised,
    Hover,
    Selection,
    Border,
    Edge,
    Control,
    Text,
    Muted,
    Disabled,
    Accent,
    OnAccent,
    Danger,
    OnDanger,
    Warning,
    Info,
    SuccessWash,
    DangerWash,
    WarningWash,
    InfoWash,
};
inline constexpr int kTokenCount = int(Token::InfoWash) + 1;

enum class Scheme : std::uint8_t { Light, Dark };
enum class ThemeMode : std::uint8_t { Desktop, Light, Dark };

using TokenTable = std::array<QRgb, kTokenCount>;

/// The table of one scheme.
const TokenTable& tokenTable(Scheme scheme);
/// The name of a token as it is written in the documentation, for tests and messages.
const char* tokenName(Token token);
/// Contrast of two opaque colours as WCAG 2 defines it, 1 to 21.
double contrastRatio(QRgb a, QRgb b);
/// All three groups of a palette made from a table.
QPalette paletteFrom(const TokenTable& table);

/// Which colours the program uses, and the only place that changes the application's palette, style
/// and font.
///
/// Threads: the window's only. One per application; made by install(), owned by the QApplication.
class Theme : public QObject {
    Q_OBJECT
public:
    /// Puts style, palette and font into the application. Call once, before the first widget.
    static Theme& install(QApplication& application, ThemeMode mode = ThemeMode::Desktop);
    /// Requires: install() was called.
    static Theme& instance();

    ThemeMode mode() const { return m_mode; }
    void setMode(ThemeMode mode);
    Scheme scheme() const { return m_scheme; }
    bool isDark() const { return m_scheme == Scheme::Dark; }
    QColor color(Token token) const { return QColor::fromRgb(m_table[std::size_t(token)]); }
    /// True where the desktop asks for little motion: washes stand instead of fading.
    bool reducedMotion() const { return m_reducedMotion; }
    void setReducedMotion(bool reduced) { m_reducedMotion = reduced; }
    /// True where the desktop's own high-contrast palette is kept.
    bool isHighContrast() const { return m_highContrast; }

signals:
    /// After the palette has changed. Views repaint by themselves; QLabels with links must set
    /// their text again.
    void changed();

private slots:
    void portalSettingChanged(const QString& group, const QString& key);

private:
    Theme(QApplication& application, ThemeMode mode);
    void readDesktop();
    void apply();

    QApplication& m_application;
    QPalette m_desktopPalette;
    ThemeMode m_mode;
    Scheme m_desktopScheme = Scheme::Light;
    Scheme m_scheme = Scheme::Light;
    bool m_reducedMotion = false;
    bool m_highContrast = false;
    TokenTable m_table;
};

/// The current colour of a token.
inline QColor color(Token token) {
    return Theme::instance().color(token);
}

} // namespace grove::ui
