using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using DistTrain.Operator.Definition;
using DistTrain.Operator.Resources;
using DistTrain.Operator.Tests.Doubles;
using DistTrain.Recipes.Files;
using DistTrain.Tests.Jobs;
using k8s;
using k8s.Models;

namespace DistTrain.Operator.Tests.Definition;

[Trait("Kind", "Fast")]
public class TrainingJobDefinitionTests
{
    /// <summary>With this variable set to 1 the test writes the file instead of comparing it.</summary>
    private const string WriteVariable = "DISTTRAIN_WRITE_DOCS";

    private const string File = "k8s/base/trainingjobs.yaml";

    private static V1JSONSchemaProps Schema => TrainingJobDefinition.Object().Spec.Versions[0].Schema.OpenAPIV3Schema;

    [Fact]
    public void The_file_is_the_one_the_tables_give()
    {
        var path = Repository.PathOf(File);
        if (Environment.GetEnvironmentVariable(WriteVariable) == "1")
            System.IO.File.WriteAllText(path, TrainingJobDefinition.Yaml());
        Assert.True(
            System.IO.File.Exists(path) && System.IO.File.ReadAllText(path) == TrainingJobDefinition.Yaml(),
            $"{File} is out of date; renew it with: {WriteVariable}=1 dotnet test tests/DistTrain.Operator.Tests");
    }

    [Fact]
    public void What_is_read_from_the_file_is_the_definition()
    {
        var read = KubernetesYaml.LoadAllFromString(Repository.Read(File), null, strict: true).Cast<V1CustomResourceDefinition>().Single();
        Assert.Equal("trainingjobs.disttrain.dev", read.Metadata.Name);
        Assert.Equal(KubernetesYaml.Serialize(TrainingJobDefinition.Object()), KubernetesYaml.Serialize(read));
    }

    [Fact]
    public void Every_job_that_can_be_written_is_let_in_and_read_back() => JobGenerator.Job.Sample(
        job =>
        {
            var sent = YamlJson.Of(JobFile.Write(job));
            sent.Remove("apiVersion");
            sent.Remove("kind");
            var problems = SchemaCheck.Problems(Schema, sent, "").ToList();
            Assert.True(problems.Count == 0, $"{string.Join('\n', problems)}\n{JobFile.Write(job)}");
            var file = ResourceJobFile.Of(Resource(job.Name, sent["spec"]!));
            Assert.True(file.Text == JobFile.Write(job), string.Join('\n', file.Problems));
        },
        iter: 200);

    [Theory]
    [InlineData("{workers: 0}", ".spec.workers: 0 is out of range")]
    [InlineData("{workers: two}", ".spec.workers: a string in place of a integer")]
    [InlineData("{batch: 0}", ".spec.batch: 0 is out of range")]
    [InlineData("{batch: {}}", ".spec.batch: 0 keys")]
    [InlineData("{optimizer: {name: momentm}}", ".spec.optimizer.name: 'momentm' is none of ")]
    [InlineData("{optimizer: {name: momentum, momentum: 1}}", ".spec.optimizer.momentum: 1 is out of range")]
    [InlineData("{dataset: {name: imagenet}}", ".spec.dataset.name: 'imagenet' is none of ")]
    [InlineData("{model: {layers: []}}", ".spec.model.layers: 0 items")]
    [InlineData("{batchNorm: {scope: ghost}}", ".spec.batchNorm.scope: 'ghost' does not match ")]
    [InlineData("{suspend: maybe}", ".spec.suspend: a string in place of a boolean")]
    [InlineData("{ttlSecondsAfterFinished: -1}", ".spec.ttlSecondsAfterFinished: -1 is out of range")]
    [InlineData("{checkpoint: [1]}", ".spec.checkpoint: a array in place of a object")]
    public void What_is_wrong_at_sight_is_not_let_in(string spec, string problem)
    {
        var sent = Written.Named("wrong", spec);
        sent.Remove("apiVersion");
        sent.Remove("kind");
        Assert.StartsWith(problem, Assert.Single(SchemaCheck.Problems(Schema, sent, "")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_schema_is_structural()
    {
        Walk(Schema, "");

        // https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
        static void Walk(V1JSONSchemaProps schema, string path)
        {
            Assert.True(schema.Type is not null || schema.XKubernetesPreserveUnknownFields == true, $"{path} has no type");
            Assert.True(schema.DefaultProperty is null && schema.AnyOf is null && schema.OneOf is null && schema.RefProperty is null, path);
            Assert.True(schema.Type == "array" == schema.Items is not null, $"{path}: items");
            foreach (var (name, inner) in schema.Properties ?? new Dictionary<string, V1JSONSchemaProps>())
                Walk(inner, $"{path}.{name}");
            if (schema.Items is V1JSONSchemaProps items)
                Walk(items, $"{path}[]");
        }
    }

    [Fact]
    public void A_status_is_what_its_schema_says()
    {
        var status = new TrainingJobStatus
        {
            ObservedGeneration = 1,
            State = ResourceStates.Running,
            JobId = "job-1",
            SpecSha256 = "ab",
            Step = 1,
            TotalSteps = 2,
            Loss = 0.5,
            Accuracy = 0.5,
            WeightsSha256 = "ab",
            StartTime = DateTimeOffset.UnixEpoch,
            CompletionTime = DateTimeOffset.UnixEpoch,
            Conditions = [new TrainingJobCondition(ConditionTypes.Accepted, TrainingJobCondition.True, "Submitted", "", DateTimeOffset.UnixEpoch, 1)],
        };
        var written = JsonNode.Parse(status.ToJson().GetRawText())!;
        Assert.Empty(SchemaCheck.Problems(Schema.Properties["status"], written, ""));
        Assert.Equal(Schema.Properties["status"].Properties.Keys.Order(), written.AsObject().Select(p => p.Key).Order());
        var columns = TrainingJobDefinition.Object().Spec.Versions[0].AdditionalPrinterColumns.Select(c => c.JsonPath).Where(p => p.StartsWith(".status.", StringComparison.Ordinal));
        Assert.All(columns, path => Assert.True(path.Contains("conditions[?", StringComparison.Ordinal) || path.Split('.').Skip(2).Aggregate((JsonNode?)written, (node, key) => node?[key]) is not null, path));
    }

    [Fact]
    public void The_example_is_a_job_file_and_an_object()
    {
        var yaml = Repository.Read("k8s/examples/job.yaml");
        var job = JobFile.Read(yaml, "job.yaml", []);
        Assert.True(job.Job is not null, string.Join('\n', job.Problems));
        Assert.Empty(job.Warnings);
        var sent = YamlJson.Of(yaml);
        Assert.Equal(("disttrain.dev/v1", "TrainingJob"), ((string?)sent["apiVersion"], (string?)sent["kind"]));
        Assert.Equal(JobFile.Write(job.Job), ResourceJobFile.Of(Resource(job.Job.Name, sent["spec"]!)).Text);
        sent.Remove("apiVersion");
        sent.Remove("kind");
        Assert.Empty(SchemaCheck.Problems(Schema, sent, ""));
    }

    private static TrainingJobResource Resource(string name, JsonNode spec) => new()
    {
        ApiVersion = JobSchema.ApiVersion,
        Kind = JobSchema.Kind,
        Metadata = new V1ObjectMeta { Name = name },
        Spec = JsonSerializer.Deserialize<JsonElement>(spec.ToJsonString()),
    };
}
