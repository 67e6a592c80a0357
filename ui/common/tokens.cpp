#include <ui/common/theme.h>

#include <algorithm>
#include <cmath>

namespace grove::ui {

namespace {

// Each text colour has 4.5:1 or more on every ground of its column, Control 3:1; tst_theme computes
// it.
constexpr TokenTable kLight = {
    0xfff6f7f5, // Background
    0xffffffff, // Surface
    0xffeceeeb, // Raised
    0xfff2f4f1, // Hover
    0xffe3e9e4, // Selection
    0xffdde1dc, // Border
    0xffb9c0ba, // Edge
    0xff757d77, // Control
    0xff1b1e1c, // Text
    0xff5a625c, // Muted
    0xff9aa19c, // Disabled
    0xff2a7347, // Accent
    0xffffffff, // OnAccent
    0xffb3362b, // Danger
    0xffffffff, // OnDanger
    0xff845700, // Warning
    0xff2563a8, // Info
    0xffd3efdc, // SuccessWash
    0xfff9e6e3, // DangerWash
    0xfff7eed9, // WarningWash
    0xffe4edf8, // InfoWash
};

constexpr TokenTable kDark = {
    0xff16181b, 0xff1c1f23, 0xff272b30, 0xff23272c, 0xff2d343a, 0xff31363c, 0xff4d555c,
    0xff848e96, 0xffe6e8e9, 0xff9ca5ab, 0xff626a70, 0xff57b37f, 0xff0d1510, 0xffec837a,
    0xff0d1510, 0xffd9a53a, 0xff79b0e4, 0xff1b3f2b, 0xff3a2524, 0xff362d1a, 0xff1e2d3e,
};

double linear(int channel) {
    const double c = channel / 255.0;
    return c <= 0.03928 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
}

double luminance(QRgb color) {
    return 0.2126 * linear(qRed(color)) + 0.7152 * linear(qGreen(color)) +
           0.0722 * linear(qBlue(color));
}

} // namespace

const TokenTable& tokenTable(Scheme scheme) {
    return scheme == Scheme::Dark ? kDark : kLight;
}

const char* tokenName(Token token) {
    static constexpr std::array<const char*, kTokenCount> s_names = {
        "background", "surface", "raised", "hover",       "selection",  "border",      "edge",
        "control",    "text",    "muted",  "disabled",    "accent",     "onAccent",    "danger",
        "onDanger",   "warning", "info",   "successWash", "dangerWash", "warningWash", "infoWash"};
    return s_names[std::size_t(token)];
}

double contrastRatio(QRgb a, QRgb b) {
    const double la = luminance(a);
    const double lb = luminance(b);
    return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

QPalette paletteFrom(const TokenTable& table) {
    const auto of = [&table](Token token) { return QColor::fromRgb(table[std::size_t(token)]); };
    QPalette palette;
    const auto set = [&palette](QPalette::ColorRole role, const QColor& color) {
        palette.setColor(QPalette::All, role, color);
    };
    QColor shadow = of(Token::Text);
    shadow.setAlphaF(0.4F);
    set(QPalette::Window, of(Token::Background));
    set(QPalette::Base, of(Token::Surface));
    set(QPalette::AlternateBase, of(Token::Surface));
    set(QPalette::Button, of(Token::Surface));
    set(QPalette::WindowText, of(Token::Text));
    set(QPalette::Text, of(Token::Text));
    set(QPalette::ButtonText, of(Token::Text));
    set(QPalette::PlaceholderText, of(Token::Muted));
    set(QPalette::Highlight, of(Token::Accent));
    set(QPalette::HighlightedText, of(Token::OnAccent));
    set(QPalette::Link, of(Token::Accent));
    set(QPalette::LinkVisited, of(Token::Accent));
    set(QPalette::ToolTipBase, of(Token::Raised));
    set(QPalette::ToolTipText, of(Token::Text));
    set(QPalette::BrightText, of(Token::Danger));
    set(QPalette::Light, of(Token::Surface));
    set(QPalette::Midlight, of(Token::Hover));
    set(QPalette::Mid, of(Token::Border));
    set(QPalette::Dark, of(Token::Control));
    set(QPalette::Shadow, shadow);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText,
                            QPalette::HighlightedText, QPalette::PlaceholderText})
        palette.setColor(QPalette::Disabled, role, of(Token::Disabled));
    palette.setColor(QPalette::Disabled, QPalette::Highlight, of(Token::Raised));
    return palette;
}

} // namespace grove::ui
