using DistTrain.Optimization.Options;
using DistTrain.Recipes.Documents;

namespace DistTrain.Recipes.Keys;

/// <summary>What a key may hold: the words for it and the reading of it, so that the two cannot differ.</summary>
internal abstract class ValueRule
{
    /// <summary>The allowed values in words, as in "give …": "a whole number from 1 to 1024".</summary>
    public abstract string Text { get; }

    /// <summary>What of this a schema can say: it lets in everything that the rule allows, and keeps out most of the rest.</summary>
    public abstract ValueSchema Schema { get; }

    /// <summary>
    /// The value of <paramref name="node"/>: long, double, bool, string, a list of strings or a list of doubles by rule. Null when it is not
    /// allowed; the findings then say why.
    /// </summary>
    public abstract object? Read(Node node, string path, Findings findings);

    /// <summary>The rule of a policy's option.</summary>
    public static ValueRule Of(Option option) => option.Kind switch
    {
        OptionKind.Number => new NumberRule(option),
        OptionKind.Whole => new WholeRule((long)option.Minimum, (long)option.Maximum),
        OptionKind.Flag => new FlagRule(),
        OptionKind.Choice => new ChoiceRule($"a choice for {option.Name}", option.Choices),
        OptionKind.Names => new NamesRule(option.Choices),
        OptionKind.Numbers => new NumbersRule(option),
        _ => throw new ArgumentOutOfRangeException(nameof(option), option.Kind, "unknown kind of option"),
    };

    /// <summary>What <paramref name="node"/> is, for a rule that asks for something else.</summary>
    protected static string ShapeOf(Node node) => node switch
    {
        MapNode => "is a section",
        ListNode => "is a list",
        { IsNull: true } => "is empty",
        ScalarNode { Ambiguity: { } ambiguity } => ambiguity,
        _ => "is a single value",
    };
}
