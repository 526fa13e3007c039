using System.CommandLine;
using System.CommandLine.Parsing;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Roles;
using DistTrain.Protocol.Clients;
using DistTrain.Recipes;

namespace DistTrain.Cli.Commands;

/// <summary>Options and arguments that several commands take, so that they read and mean the same everywhere.</summary>
internal static class SharedOptions
{
    /// <summary>The rule of job ids, for messages.</summary>
    public static string JobIdRule { get; } =
        $"a job id has lower-case letters, digits and dashes, begins with no dash, and is at most {JobId.MaximumLength} long";

    /// <summary>text or json; default text.</summary>
    public static Option<string> Output { get; } = CreateOutput();

    /// <summary>Stack traces of unexpected errors.</summary>
    public static Option<bool> Verbose { get; } = new("--verbose")
    {
        Description = "Show the stack trace of an unexpected error.",
        Recursive = true,
    };

    /// <summary>Saved weights.</summary>
    public static Argument<string> Checkpoint { get; } = new("checkpoint")
    {
        Description = "A run's folder (its newest checkpoint), a step-N folder in it, or a model.safetensors.",
    };

    /// <summary>Overrides of the job file, in order.</summary>
    public static Option<string[]> Set { get; } = new("--set")
    {
        Description = "Override a key of the job file, e.g. --set optimizer.lr=0.05. May be repeated; paths leave out 'spec.'.",
        HelpName = "path=value",
        DefaultValueFactory = _ => [],
    };

    /// <summary>Where the cluster listens: any of its worker silos.</summary>
    public static Option<Endpoint> Endpoint { get; } = new("--endpoint")
    {
        Description = "Any worker silo of the cluster.",
        HelpName = "host:port",
        Required = true,
        CustomParser = result => ParseEndpoint(result, result.Tokens[0].Value),
    };

    /// <summary>Id of a job on the cluster.</summary>
    public static Argument<string> Job { get; } = CreateJob();

    /// <summary>A file that results go to, absolute; that it can be written is known before the work.</summary>
    /// <exception cref="CommandException">It can't.</exception>
    public static string ForWriting(string option, string name)
    {
        var file = Path.GetFullPath(name);
        var folder = Path.GetDirectoryName(file) ?? file;
        if (!Directory.Exists(folder))
            throw CommandException.BadInput($"{option} {file}: there is no folder {folder}");
        if (Directory.Exists(file))
            throw CommandException.BadInput($"{option} {file}: this is a folder; name a file");
        try
        {
            WriteTrial.Make(folder);
            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SystemFailure.Of(e, $"{option} {file}");
        }
    }

    /// <summary>A whole number of at least <paramref name="minimum"/>.</summary>
    public static Option<int> Number(string name, string description, int fallback, int minimum, int maximum = int.MaxValue)
    {
        var option = new Option<int>(name)
        {
            Description = description,
            HelpName = "n",
            DefaultValueFactory = _ => fallback,
        };
        RequireNumber(option, minimum, maximum);
        return option;
    }

    /// <summary>One of a few words; the first is the default.</summary>
    public static Option<string> Choice(string name, string description, params string[] words)
    {
        var option = new Option<string>(name)
        {
            Description = description,
            HelpName = string.Join('|', words),
            DefaultValueFactory = _ => words[0],
        };
        option.CompletionSources.Add(words);
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var word }] && !words.Contains(word, StringComparer.Ordinal))
                result.AddError($"{name} must be {string.Join(" or ", words)}, not '{word}'");
        });
        return option;
    }

    /// <summary>Refuses what is no whole number in a range.</summary>
    public static void RequireNumber(Option option, int minimum, int maximum) => option.Validators.Add(result =>
    {
        if (result.Errors.Any() || result.Tokens.Count == 0)
            return;
        if (!int.TryParse(result.Tokens[0].Value, out var value) || value < minimum || value > maximum)
            result.AddError($"{option.Name} must be a whole number {Range(minimum, maximum)}, not '{result.Tokens[0].Value}'");
    });

    /// <summary>Reads host:port, or adds the rule to the parse errors.</summary>
    public static Endpoint ParseEndpoint(ArgumentResult result, string text)
    {
        if (Protocol.Clients.Endpoint.TryParse(text, out var endpoint))
            return endpoint;
        result.AddError($"'{text}' is not an endpoint: give host:port, e.g. 127.0.0.1:5000");
        return default;
    }

    private static Argument<string> CreateJob()
    {
        var argument = new Argument<string>("job") { Description = "Id of the job, as 'submit' and 'list' print it." };
        argument.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var id }] && !JobId.IsValid(id))
                result.AddError($"'{id}' is not a job id: {JobIdRule}");
        });
        return argument;
    }

    private static string Range(int minimum, int maximum) =>
        maximum == int.MaxValue ? $"of at least {minimum}" : $"from {minimum} to {maximum}";

    private static Option<string> CreateOutput()
    {
        var option = Choice("--output", "text for people, or json: one JSON object a line on standard output and nothing else there.", "text", "json");
        option.Recursive = true;
        return option;
    }
}
