using System.CommandLine;
using DistTrain.Cli.Invocation;

namespace DistTrain.Cli.Commands;

/// <summary><c>--page</c>: where a command serves the page of its runs.</summary>
internal static class PageOptions
{
    private const string On = "on", Off = "off";

    public static Option<string?> Page { get; } = Create();

    /// <summary>The port; 0: a free one; null: no page is served.</summary>
    public static int? PortOf(CommandContext context) => context.GetOrDefault(Page) switch
    {
        null => context.Json ? null : 0,
        On => 0,
        Off => null,
        var port => int.Parse(port),
    };

    private static Option<string?> Create()
    {
        var option = new Option<string?>("--page")
        {
            Description = "Serve the run's page on 127.0.0.1 while it lasts: on (at a free port), off, or a port. Default: on; off with --output json.",
            HelpName = "on|off|port",
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var word }] && word is not (On or Off) && !(int.TryParse(word, out var port) && port is >= 0 and <= 65535))
                result.AddError($"--page must be on, off or a port from 0 to 65535, not '{word}'");
        });
        return option;
    }
}
