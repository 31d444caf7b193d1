"""The part of GitHub's GraphQL schema (docs.github.com/graphql) that the sandbox knows, as GitHub has it."""

from graphql import build_schema

SCHEMA = build_schema(
    """
    scalar BigInt
    scalar DateTime
    scalar GitObjectID
    scalar URI

    type Query {
      repository(followRenames: Boolean = true, name: String!, owner: String!): Repository
    }

    type Mutation {
      convertPullRequestToDraft(input: ConvertPullRequestToDraftInput!): ConvertPullRequestToDraftPayload
      dequeuePullRequest(input: DequeuePullRequestInput!): DequeuePullRequestPayload
      enqueuePullRequest(input: EnqueuePullRequestInput!): EnqueuePullRequestPayload
      markPullRequestReadyForReview(input: MarkPullRequestReadyForReviewInput!):
        MarkPullRequestReadyForReviewPayload
    }

    input ConvertPullRequestToDraftInput { clientMutationId: String pullRequestId: ID! }
    input DequeuePullRequestInput { clientMutationId: String id: ID! }
    input EnqueuePullRequestInput { clientMutationId: String pullRequestId: ID! }
    input MarkPullRequestReadyForReviewInput { clientMutationId: String pullRequestId: ID! }
    type ConvertPullRequestToDraftPayload { clientMutationId: String pullRequest: PullRequest }
    type DequeuePullRequestPayload { clientMutationId: String }
    type EnqueuePullRequestPayload { clientMutationId: String }
    type MarkPullRequestReadyForReviewPayload { clientMutationId: String pullRequest: PullRequest }

    type Repository {
      databaseId: Int
      id: ID!
      nameWithOwner: String!
      pullRequest(number: Int!): PullRequest
      pullRequests(
        after: String, before: String, first: Int, headRefName: String, last: Int, states: [PullRequestState!]
      ): PullRequestConnection!
    }

    interface Actor { login: String! }
    type Bot implements Actor { id: ID! login: String! }
    type Mannequin implements Actor { id: ID! login: String! }
    type Team { id: ID! slug: String! }
    type User implements Actor { id: ID! login: String! }
    union RequestedReviewer = Bot | Mannequin | Team | User

    enum CommentAuthorAssociation {
      COLLABORATOR CONTRIBUTOR FIRST_TIMER FIRST_TIME_CONTRIBUTOR MANNEQUIN MEMBER NONE OWNER
    }
    enum PullRequestReviewDecision { APPROVED CHANGES_REQUESTED REVIEW_REQUIRED }
    enum PullRequestReviewState { APPROVED CHANGES_REQUESTED COMMENTED DISMISSED PENDING }
    enum PullRequestState { CLOSED MERGED OPEN }
    enum PullRequestTimelineItemsItemType {
      BASE_REF_CHANGED_EVENT PULL_REQUEST_REVIEW REVIEW_REQUESTED_EVENT REVIEW_REQUEST_REMOVED_EVENT
    }

    type PageInfo { endCursor: String hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String }
    type PullRequestConnection { nodes: [PullRequest] pageInfo: PageInfo! totalCount: Int! }
    type PullRequestCommitConnection { nodes: [PullRequestCommit] pageInfo: PageInfo! totalCount: Int! }
    type PullRequestTimelineItemsConnection {
      nodes: [PullRequestTimelineItems] pageInfo: PageInfo! totalCount: Int!
    }

    type Commit { message: String! oid: GitObjectID! }
    type PullRequestCommit { commit: Commit! }

    type PullRequest {
      author: Actor
      authorAssociation: CommentAuthorAssociation!
      baseRefName: String!
      body: String!
      commits(after: String, before: String, first: Int, last: Int): PullRequestCommitConnection!
      createdAt: DateTime!
      fullDatabaseId: BigInt
      headRefName: String!
      headRefOid: GitObjectID!
      headRepository: Repository
      id: ID!
      isCrossRepository: Boolean!
      isDraft: Boolean!
      isInMergeQueue: Boolean!
      mergeCommit: Commit
      merged: Boolean!
      number: Int!
      repository: Repository!
      reviewDecision: PullRequestReviewDecision
      state: PullRequestState!
      timelineItems(
        after: String, before: String, first: Int, itemTypes: [PullRequestTimelineItemsItemType!], last: Int
      ): PullRequestTimelineItemsConnection!
      title: String!
      url: URI!
    }

    union PullRequestTimelineItems =
      BaseRefChangedEvent | PullRequestReview | ReviewRequestRemovedEvent | ReviewRequestedEvent
    type BaseRefChangedEvent {
      actor: Actor createdAt: DateTime! currentRefName: String! id: ID! previousRefName: String!
    }
    type ReviewRequestedEvent {
      actor: Actor createdAt: DateTime! id: ID! requestedReviewer: RequestedReviewer
    }
    type ReviewRequestRemovedEvent {
      actor: Actor createdAt: DateTime! id: ID! requestedReviewer: RequestedReviewer
    }
    type PullRequestReview {
      author: Actor
      authorCanPushToRepository: Boolean!
      body: String!
      commit: Commit
      fullDatabaseId: BigInt
      id: ID!
      state: PullRequestReviewState!
      submittedAt: DateTime
    }
    """
)
